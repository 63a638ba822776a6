// Bundles the pages into the folder named on the command line: `graphiql.html`, `docs.html` and `assets/`.
//
// Every asset carries a hash of its content in its name, so that the server may let browsers keep it for
// good. Nothing is evaluated from text and nothing stands inline in the HTML: the pages work under a strict
// content security policy. `server/web_build.py` runs this after `npm ci`.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';

const sources = path.dirname(fileURLToPath(import.meta.url));
const [target] = process.argv.slice(2);
if (!target) throw new Error('usage: node web/build.js FOLDER');
const assets = path.join(target, 'assets');

const settings = {
  absWorkingDir: path.dirname(sources),
  bundle: true,
  minify: true,
  target: 'es2022',
  outdir: assets,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  logLevel: 'warning',
};

// GraphiQL's style sheets carry their fonts as base64, half a megabyte that each visitor would load whole. As
// files, a browser fetches the two or three it needs, and the policy does not have to allow `data:` fonts.
const fontsAsFiles = {
  name: 'fonts-as-files',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^data:font\/\w+;base64,/ }, ({ path: url }) => {
      const [, type, base64] = /^data:font\/(\w+);base64,(.*)$/s.exec(url);
      const name = createHash('sha256').update(base64).digest('hex').slice(0, 8);
      return { path: `font-${name}.${type}`, namespace: 'font', pluginData: base64 };
    });
    onLoad({ filter: /.*/, namespace: 'font' }, ({ pluginData: base64 }) => ({
      contents: Buffer.from(base64, 'base64'),
      loader: 'file',
    }));
  },
};

/** The name of the file that came out of each named entry point. */
function outputs({ metafile }) {
  const byEntry = {};
  for (const [file, { entryPoint, cssBundle }] of Object.entries(metafile.outputs)) {
    if (!entryPoint) continue;
    const name = path.basename(file).replace(/-\w+\.\w+$/, '');
    byEntry[name] = path.basename(file);
    if (cssBundle) byEntry[`${name}.css`] = path.basename(cssBundle);
  }
  return byEntry;
}

await mkdir(assets, { recursive: true });

const workers = outputs(
  await build({
    ...settings,
    format: 'iife',
    entryPoints: {
      'editor-worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'json-worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
      'graphql-worker': 'monaco-graphql/esm/graphql.worker.js',
    },
  }),
);

const pages = outputs(
  await build({
    ...settings,
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    entryPoints: { graphiql: path.join(sources, 'graphiql.jsx'), docs: path.join(sources, 'docs.js') },
    loader: { '.graphql': 'text', '.variables.json': 'text', '.ttf': 'file' },
    define: { ...settings.define, WORKERS: JSON.stringify(workers) },
    // GraphiQL formats with Prettier's parsers by their old names, which are CommonJS: imported, they export nothing.
    alias: {
      'prettier/parser-babel': 'prettier/plugins/babel',
      'prettier/parser-graphql': 'prettier/plugins/graphql',
    },
    plugins: [fontsAsFiles],
  }),
);

const icon = await readFile(path.join(sources, 'favicon.svg'));
const iconName = `favicon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
await cp(path.join(sources, 'favicon.svg'), path.join(assets, iconName));

for (const page of ['graphiql', 'docs']) {
  const names = { script: pages[page], style: pages[`${page}.css`], icon: iconName };
  const template = await readFile(path.join(sources, `${page}.html`), 'utf8');
  await writeFile(
    path.join(target, `${page}.html`),
    template.replace(/\{\{(\w+)\}\}/g, (_, name) => `assets/${names[name]}`),
  );
}

for (const name of await readdir(assets)) {
  const file = path.join(assets, name);
  if (name.endsWith('.css') && !Object.values(pages).includes(name)) {
    // The bundler writes a style sheet for each module that is loaded late. All of it is in its page's own.
    await rm(file);
  } else if (/\.(js|css|svg)$/.test(name)) {
    // Compressed once here instead of on each request; fonts are compressed already.
    await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file), { level: 9 }));
  }
}
