import { describe } from 'vitest';
import { access } from './access';
import { day } from './day';

describe('a day', () => day('th'));
describe('axe finds nothing', () => access('th'));
