import { z } from 'zod';
import { ApiBench } from './api.testkit';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}
interface Operation {
  summary?: string;
  parameters?: { name: string; in: string; required?: boolean; schema: unknown }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const api = new ApiBench();
beforeAll(() => api.open());
afterAll(() => api.clear());

const document = async (): Promise<Document> => (await api.get<Document>('/api/openapi.json')).body;

/** Everything that a document refers to, wherever it does. */
const referencesOf = (text: string): string[] =>
  [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '');

it('the document describes every route that there is, and what it takes and gives', async () => {
  const { openapi, paths } = await document();
  expect(openapi).toBe('3.1.0');
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, path, operation })),
  );
  for (const { route, path, operation } of operations) {
    expect([route, operation.summary]).toEqual([route, expect.any(String)]);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name);
    expect([route, inPath.sort()]).toEqual([route, named.sort()]);
    const { '200': good, default: failure } = operation.responses;
    expect([route, good?.content === undefined, failure?.content === undefined]).toEqual([
      route,
      false,
      false,
    ]);
  }
});

it('everything it refers to is in it, and no parameter is without a type', async () => {
  const described = await document();
  const references = referencesOf(JSON.stringify(described));
  expect(references.length).toBeGreaterThan(5);
  const known = Object.keys(described.components.schemas).map((name) => `#/components/schemas/${name}`);
  expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
  for (const methods of Object.values(described.paths))
    for (const { parameters = [] } of Object.values(methods))
      for (const { name, schema } of parameters)
        expect([name, schema]).toEqual([
          name,
          expect.objectContaining({ type: expect.any(String) as string }),
        ]);
});

/** A schema of the document as zod reads it. */
function schemaOf({ components }: Document, schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: components.schemas });
  return z.fromJSONSchema(
    JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as z.core.JSONSchema.JSONSchema,
  );
}

it('what is answered is what it says, fields that may be null included', async () => {
  const folder = await api.run('20250101-000000-aaaa');
  api.write(folder, 'report.json', '{"title":"a run"}');
  await api.run('20250102-000000-bbbb', { ended: false });
  const described = await document();
  const answered: string[] = [];
  for (const run of ['20250101-000000-aaaa', '20250102-000000-bbbb'])
    for (const [path, { get }] of Object.entries(described.paths)) {
      const { schema } = get?.responses['200']?.content?.['application/json'] ?? {};
      const { status, body } = schema
        ? await api.get(path.replace('{run}', run).replace('{fault}', '0.1.2').replace('{unit}', 'mm.0'))
        : { status: 0, body: undefined };
      if (status !== 200 || !schema) continue;
      answered.push(path);
      expect([path, schemaOf(described, schema).safeParse(body).error?.message]).toEqual([path, undefined]);
      // Something else would not pass.
      expect([path, schemaOf(described, schema).safeParse([]).success]).toEqual([path, false]);
    }
  expect(new Set(answered).size).toBeGreaterThanOrEqual(9);
  const { live } = (described.components.schemas['RunList_Output'] as { properties: { live: unknown } })
    .properties;
  expect(live).toMatchObject({ anyOf: [{ type: 'string' }, { type: 'null' }] });
});

it('is shown by a page whose scripts and styles are all of this service', async () => {
  const page = await fetch(`${api.url}/api/docs/`);
  const html = await page.text();
  expect([page.status, html]).toEqual([200, expect.stringContaining('swagger-ui')]);
  const files = [...html.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files).toContain('swagger-initializer.js');
  for (const file of files) {
    expect(file).not.toMatch(/^https?:|^\/\//);
    expect([file, (await fetch(`${api.url}/api/docs/${file}`)).status]).toEqual([file, 200]);
  }
  expect(html).not.toMatch(/<style|<script>|\son\w+=/);
  const initializer = await (await fetch(`${api.url}/api/docs/swagger-initializer.js`)).text();
  expect(initializer).toContain("url: '/api/openapi.json'");
});
