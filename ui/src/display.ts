/** The customer's own screen: a page of its own in a window of its own, so that no address can turn one into the other. */
import Display from './screens/display/Display.svelte';
import { open } from './open';

void open(Display);
