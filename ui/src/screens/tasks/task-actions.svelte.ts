/** What can be done with a task, from wherever it is shown: which dialog is open, and for which task. */
import type { TaskRow } from '../../backend/bindings/TaskRow';

export type TaskAction = 'complete' | 'snooze' | 'reassign' | 'note';

export class TaskActions {
  open = $state.raw<{ action: TaskAction; task: TaskRow } | undefined>();

  start(action: TaskAction, task: TaskRow): void {
    this.open = { action, task };
  }

  close(): void {
    this.open = undefined;
  }

  /** The functions behind the task keys, for the selected task if there is one. Closed tasks take notes only. */
  keys(task: TaskRow | undefined): { [A in TaskAction]?: () => void } {
    if (!task) return {};
    const note = () => this.start('note', task);
    if (isClosed(task)) return { note };
    return {
      note,
      complete: () => this.start('complete', task),
      snooze: () => this.start('snooze', task),
      reassign: () => this.start('reassign', task),
    };
  }
}

export function isClosed(task: TaskRow): boolean {
  return task.status === 'completed' || task.status === 'cancelled';
}
