import { m } from '../../i18n';

/** What a service is called on the board; of some journeys nobody has said yet what they are for. */
export const serviceName = (title: string) => title || m.board_service_unsaid();
