// Bundles tests/*.test.ts for Node's own test runner (Node 18 cannot read TypeScript).
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

const input = Object.fromEntries(
  readdirSync('tests')
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => [name.replace(/\.ts$/, ''), `tests/${name}`]),
);

export default defineConfig({
  build: {
    ssr: true,
    outDir: 'dist-test',
    target: 'node18',
    rollupOptions: { input, output: { entryFileNames: '[name].mjs' } },
  },
});
