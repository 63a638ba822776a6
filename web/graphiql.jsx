// The page at /graphql: GraphiQL with the docs explorer, history, and our example operations as tabs.
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
// GraphiQL loads the editor only when it is shown. Named here, its style sheets land in the page's own.
import 'monaco-graphql/esm/monaco-editor.js';
import '@graphiql/react/font/roboto.css';
import '@graphiql/react/font/fira-code.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './graphiql.css';
import { examples } from './examples.js';
import { fetcher } from './fetcher.js';

// WORKERS names the bundled worker files; `build.js` puts them in.
globalThis.MonacoEnvironment = {
  getWorker: (_, label) =>
    new Worker(new URL(WORKERS[`${label}-worker`] ?? WORKERS['editor-worker'], import.meta.url)),
};

// /graphql#query=…&variables=… opens with that operation, so that a page or a colleague can point at one. What
// follows the # stays in the browser: no log on the way holds it.
const link = new URLSearchParams(location.hash.slice(1));
const linked = link.has('query') ? { query: link.get('query'), variables: link.get('variables') } : null;

const icon = document.querySelector('link[rel=icon]').href;

createRoot(document.getElementById('page')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultEditorToolsVisibility="variables"
    defaultTabs={linked ? [linked, ...examples] : examples}
    initialQuery={linked?.query}
    initialVariables={linked?.variables ?? undefined}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <a href="schema.graphql" title="The schema as text">
        <img src={icon} alt="" />
        Dwelzo
      </a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
