/** What can be done with a task, from wherever it is shown: which dialog is open, and for which task. */
import type { TaskRow } from '../../backend/bindings/TaskRow';

export type TaskAction = 'complete' | 'snooze' | 'reassign' | 'note' | 'call' | 'why' | 'create';

/** A task's place in the list that was looked at. */
export interface Standing {
  nth: number;
  count: number;
}

export class TaskActions {
  open = $state.raw<{ action: TaskAction; task: TaskRow } | undefined>();

  /** `standing` tells where a task stands in the list that shows it, for the sentence that says why; `onclosed` hears which one was closed. */
  constructor(
    readonly standing: (task: TaskRow) => Standing = () => ({ nth: 1, count: 1 }),
    readonly onclosed: (id: string) => void = () => undefined,
  ) {}

  start(action: TaskAction, task: TaskRow): void {
    this.open = { action, task };
  }

  close(): void {
    this.open = undefined;
  }

  /** The functions behind the task keys, for the selected task if there is one. Closed tasks take notes only. */
  keys(task: TaskRow | undefined): { [A in TaskAction]?: (() => void) | undefined } {
    if (!task) return {};
    const start = (action: TaskAction) => () => this.start(action, task);
    const create = task.customer ? start('create') : undefined;
    if (isClosed(task)) return { note: start('note'), create };
    return {
      note: start('note'),
      complete: start('complete'),
      snooze: start('snooze'),
      reassign: start('reassign'),
      why: start('why'),
      call: task.customer ? start('call') : undefined,
      create,
    };
  }
}

export function isClosed(task: TaskRow): boolean {
  return task.status === 'completed' || task.status === 'cancelled';
}

/** A task that is done by calling somebody who may be called. */
export function canBeCalled(task: TaskRow): boolean {
  return task.isCall && task.customer !== null && !task.customer.doNotContact && !isClosed(task);
}
