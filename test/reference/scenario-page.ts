import { scenarioSchema } from '@faultline/contracts';
import { z } from 'zod';
import { type SchemaNode, schemaSections } from './schema-tables';

const HEAD = `# Scenario file

<!-- Generated from the schema in libs/contracts/src/scenario/schema.ts; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

A scenario is a YAML file. Unknown keys are errors. Any value can be changed from the command line with \`--set key=value\`, with dots
for what is inside and numbers for places in a list: \`--set workers.processes=4 --set devices.0.credits=8\`.

A name has 1 to 32 letters \`a-z\`, digits and \`-\`. A step of the timeline has exactly one action, and perhaps \`after\`.
`;

/** Of names the head of the page says what they look like. */
const TEXTS = {
  '^[a-z0-9][a-z0-9-]{0,31}$': 'name',
  '^(?=.*[rwx])[rwx-]{1,3}$': 'letters `r`, `w`, `x`, `-`',
  '^(global|per-iommu|per-fault-queue|per-domain|hash:[1-9][0-9]{0,3})$':
    '`global`, `per-iommu`, `per-fault-queue`, `per-domain`, `hash:N`',
};

/** The reference page of the scenario file, from the schema that checks it. */
export function scenarioPage(): string {
  const root = z.toJSONSchema(scenarioSchema, { io: 'input' }) as SchemaNode;
  const telling = ['trace', 'pattern', 'median', 'values'];
  return `${HEAD}\n${schemaSections(root, { texts: TEXTS, telling })}`;
}
