import { createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FAULTLINE_VERSION } from '@faultline/contracts';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';

const DOCS_PATH = '/api/docs';
const SPEC_PATH = '/api/openapi.json';

/** Every failure has this shape, whatever its status. */
const FAILURE = {
  description: 'it was not served; `error` names the kind, `message` is one line for a person',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error', 'message'],
        properties: { error: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI document of an application with the API in it. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Faultline')
    .setDescription('Runs of the laboratory for the I/O page fault path, and the one that is running.')
    .setVersion(FAULTLINE_VERSION)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'FAULTLINE_TOKEN, where it is set' },
      'token',
    )
    .addSecurityRequirements('token')
    .build();
  const document = cleanupOpenApiDoc(SwaggerModule.createDocument(app, config));
  for (const path of Object.values(document.paths))
    for (const operation of [path.get, path.post, path.put, path.delete])
      if (operation) operation.responses['default'] = FAILURE;
  return document;
}

/**
 * Serves the document, and the page that shows it. The page is Swagger's own, with its scripts and styles in files, as the content
 * policy wants them: what Nest would make of it has them in the page.
 */
export function documentApi(app: NestExpressApplication): void {
  let document: OpenAPIObject | undefined;
  const server = app.getHttpAdapter();
  server.get(SPEC_PATH, (_request: IncomingMessage, response: ServerResponse) => {
    document ??= openApiOf(app);
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(document));
  });
  server.get(`${DOCS_PATH}/swagger-initializer.js`, (_request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('content-type', 'text/javascript; charset=utf-8');
    response.end(INITIALIZER);
  });
  app.useStaticAssets(swaggerUi(), { prefix: DOCS_PATH });
}

/** Swagger's page asks for this file to know what to show. No validator of somebody else's is asked about it. */
const INITIALIZER = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '${SPEC_PATH}',
    dom_id: '#swagger-ui',
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
};
`;

/** Where the files of Swagger's page are: with Nest's module, which needs them. */
function swaggerUi(): string {
  const nest = createRequire(require.resolve('@nestjs/swagger'));
  return (nest('swagger-ui-dist/absolute-path.js') as () => string)();
}
