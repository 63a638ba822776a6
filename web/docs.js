// The page at /docs: Swagger UI over the OpenAPI document of this server.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import './docs.css';

// Swagger UI is dark where its root says so, and only there.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

SwaggerUI({
  url: 'api/openapi.json',
  domNode: document.getElementById('page'),
  deepLinking: true,
  displayRequestDuration: true,
  // Else it sends the document's address to a validator on the web and shows what that thinks of it.
  validatorUrl: null,
});
