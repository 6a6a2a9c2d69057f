// Builds report.html, or with MC_PAGE=stress, compare, adl or causes the page of that command: one page with its
// script and style inside, so that it opens from a file without a network. The C++ report writers put their data
// where MARGINCALL_RUN_DATA, or STRESS, COMPARE, ADL or CAUSES instead of RUN, stands.
import { defineConfig, type Plugin } from 'vite';

const sizeLimitBytes = 200_000;
const pageName = `${process.env.MC_PAGE ?? 'report'}.html`;

// Moves the only script and the only style sheet of the bundle into the page.
function inlineEverything(): Plugin {
  return {
    name: 'inline-everything',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const page = bundle[pageName];
      if (page === undefined || page.type !== 'asset') {
        throw new Error(`the build has no ${pageName}`);
      }
      let html = String(page.source);
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === 'chunk') {
          const code = part.code.replaceAll('</script', '<\\/script');
          const tag = new RegExp(`<script[^>]*src="[^"]*${part.fileName}"[^>]*></script>`);
          if (!tag.test(html)) {
            throw new Error(`the page does not load ${part.fileName}: one script is expected`);
          }
          html = html.replace(tag, '');
          html = html.replace('</body>', () => `<script type="module">${code}</script>\n</body>`);
          delete bundle[name];
        } else if (part.fileName.endsWith('.css')) {
          const tag = new RegExp(`<link[^>]*href="[^"]*${part.fileName}"[^>]*>`);
          html = html.replace(tag, () => `<style>${String(part.source)}</style>`);
          delete bundle[name];
        }
      }
      const size = Buffer.byteLength(html);
      if (size > sizeLimitBytes) {
        throw new Error(`${pageName} is ${size} bytes without data; the budget is ${sizeLimitBytes}`);
      }
      page.source = html;
    },
  };
}

export default defineConfig({
  base: './',
  build: {
    target: 'es2021',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 100_000_000,
    emptyOutDir: pageName === 'report.html',
    rollupOptions: { input: pageName },
  },
  plugins: [inlineEverything()],
});
