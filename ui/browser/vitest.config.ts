/** The stories in Chromium. `make test` runs them from Rust (`tests/tests/e2e_browser.rs`); `npm run test:browser` runs those that need no clinic. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['browser/*.test.ts'],
    // Conditions, not pauses: only a story that has failed waits this long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 20 } },
    // Each story keeps a browser and a desk busy, and the machine that runs them may have two cores.
    maxWorkers: 2,
  },
});
