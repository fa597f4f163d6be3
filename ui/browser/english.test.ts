import { describe } from 'vitest';
import { access } from './access';
import { day } from './day';

describe('a day', () => day('en'));
describe('axe finds nothing', () => access('en'));
