// Bundles tests/*.test.ts for Node's own test runner (Node 18 cannot read TypeScript); with MC_TESTS=browser
// the tests that look at pages.
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

const folder = process.env.MC_TESTS ?? 'tests';
const input = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => [name.replace(/\.ts$/, ''), `${folder}/${name}`]),
);

export default defineConfig({
  build: {
    ssr: true,
    outDir: `dist-${folder === 'tests' ? 'test' : folder}`,
    target: 'node18',
    rollupOptions: { input, output: { entryFileNames: '[name].mjs' } },
  },
});
