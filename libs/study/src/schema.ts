import { z } from 'zod';

/** The study file: what a user writes. What it says of scenarios is checked where the scenario of each point is read. */

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "a name of 1 to 40 letters a-z, digits and '-'");
const key = z
  .string()
  .regex(/^[a-zA-Z][\w]*(\.[\w]+)*$/, 'a key of the scenario, with dots for what is inside');
const value = z.union([z.number(), z.string(), z.boolean()]);
const settings = z.record(
  key,
  z.union([value, z.null(), z.array(z.unknown()), z.record(z.string(), z.unknown())]),
);
const share = z.number().min(0).max(1);

const range = z
  .strictObject({
    from: z.number().describe('first value; above 0 with a factor'),
    to: z.number().describe('no value is above it; it is the last one when a step or factor reaches it'),
    step: z
      .number()
      .positive()
      .optional()
      .describe('what is added to each value for the next; either this or a factor'),
    factor: z
      .number()
      .gt(1)
      .optional()
      .describe(
        'what each value is multiplied by for the next; either this or a step. Values are rounded to whole numbers, and each is there once',
      ),
  })
  .refine(({ step, factor }) => (step === undefined) !== (factor === undefined), 'either a step or a factor');

const labelled = z.strictObject({
  value: value.describe('how figures name it; a number stands on a number axis'),
  set: settings.describe('settings of the scenario that make it, beside those of the parameter'),
});

const parameter = z.strictObject({
  name: name.describe('what figures, `where` and `at` call it'),
  unit: z.string().max(20).default('').describe('of its values, for axes'),
  set: z
    .union([key, z.array(key).min(1)])
    .optional()
    .describe(
      'setting, or settings, that get the value; `network.hopMicros` and its like are those of the study; absent where each value has a `set` of its own',
    ),
  values: z
    .union([z.array(z.union([value, labelled])).min(1), range])
    .describe('a list, or a range: from, to, and a step or a factor'),
});

const vary = z
  .array(
    z.union([
      parameter,
      z.strictObject({
        zip: z
          .array(parameter)
          .min(2)
          .describe(
            'parameters, written like the others, with equally many values: these change together, the first value of each first',
          ),
      }),
    ]),
  )
  .min(1);

const selected = z.record(name, value);
const where = selected.default({});

const published = z.strictObject({
  label: z.string().min(1).describe('whose figure it is'),
  mark: z
    .enum(['read', 'secondary', 'derived'])
    .describe(
      'read: the source states these figures; secondary: another one says that it does; derived: they follow from what it states',
    ),
  points: z
    .array(z.tuple([value, z.number()]))
    .min(1)
    .describe(
      'pairs of x and y; x is a number, or one of the values of the parameter where those are not all numbers',
    ),
});

const plot = z.strictObject({
  id: name.describe('a name of its own'),
  title: z.string().min(1).describe('heading of its figure, and of its table on the command line'),
  x: name.describe('the parameter on the horizontal axis'),
  y: z.string().min(1).describe('the figure that is drawn: a key of the list below'),
  by: name.optional().describe('a parameter with a line for each of its values'),
  where: where.describe('only points with these values of parameters'),
  log: z.enum(['none', 'x', 'y', 'xy']).default('none').describe('axes with a log scale'),
  fit: z
    .enum(['none', 'usl'])
    .default('none')
    .describe('usl: the Universal Scalability Law, for a throughput over a number of workers or devices'),
  published: z
    .array(published)
    .default([])
    .describe(
      'drawn beside ours in a figure of its own, each line divided by its greatest value: shapes compare, absolutes do not',
    ),
});

const comparison = z
  .string()
  .regex(/^(==|!=|<=|>=|<|>) *-?\d+(\.\d+)?(e-?\d+)?$/, "a comparison such as '>= 2' or '== 0'");

const expectation = z
  .strictObject({
    says: z.string().min(1).describe('what must hold, in words'),
    figure: z.string().min(1).describe('of this figure'),
    at: where.describe('at the points with these values of parameters'),
    over: name.optional().describe('along this parameter, for a shape'),
    shape: z
      .enum(['rises', 'falls', 'flat', 'peaks', 'plateaus'])
      .optional()
      .describe(
        'rises, falls: from its first to its last value by more than `by`; flat: it does not; peaks: it rises and then falls; plateaus: it rises and then neither',
      ),
    by: share.default(0.1).describe('for a shape: the relative change that counts as one'),
    against: selected
      .optional()
      .describe(
        'for a ratio: the points that are divided by; those at `at` when only `againstFigure` is given',
      ),
    againstFigure: z
      .string()
      .min(1)
      .optional()
      .describe('for a ratio: the figure that is divided by, by default the same'),
    ratio: comparison.optional().describe('of the figure at `at` to that at `against`'),
    value: comparison.optional().describe('of the figure itself, in model time'),
    published: z.boolean().default(true).describe('whether it is part of the published shape'),
  })
  .refine(
    ({ shape, ratio, value: threshold }) =>
      [shape, ratio, threshold].filter((each) => each !== undefined).length === 1,
    'one of shape, ratio and value',
  )
  .refine(({ shape, over }) => (shape === undefined) === (over === undefined), 'a shape together with `over`')
  .refine(
    ({ ratio, against, againstFigure }) =>
      (ratio === undefined) === (against === undefined && againstFigure === undefined),
    'a ratio together with `against` or `againstFigure`',
  );

/** Of the simulated bus. */
export const networkSchema = z.strictObject({
  hopMicros: z.number().nonnegative().optional().describe('from a process to the bus or back, median'),
  hopP99Micros: z.number().nonnegative().optional().describe('99th percentile of it; the median by default'),
  loss: z.number().min(0).max(0.5).optional().describe('that a request or its reply is lost'),
  duplication: share.optional().describe('that a request arrives twice'),
});

/** How settings begin that are the study's own and not the scenario's. */
export const NETWORK = 'network.';

export const studySchema = z.strictObject({
  name: name.describe('names the study and its folder'),
  title: z.string().min(1).describe('heading of its report'),
  question: z.string().min(1).describe('what it asks, in a sentence or two'),
  scenario: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .describe('the base: a scenario file, relative to this one, or a scenario written here'),
  settings: settings.default({}).describe('of the scenario, for all points'),
  mode: z
    .enum(['simulated', 'live', 'both'])
    .default('simulated')
    .describe('on a virtual clock, through the real services, or each point both ways, side by side'),
  repetitions: z.int().min(1).max(1000).default(3).describe('of each point, each with a seed of its own'),
  seed: z.int().nonnegative().default(1).describe('of the first repetition, and of the order of the points'),
  window: z
    .strictObject({
      from: share.default(0.1).describe('what comes before is warm-up'),
      to: share.default(0.9).describe('what comes after is the end, when workloads run out'),
    })
    .default({ from: 0.1, to: 0.9 })
    .refine(({ from, to }) => from < to, '`from` below `to`')
    .describe('the part of each run that rates and latencies are taken from, in shares of its length'),
  network: networkSchema.default({}).describe('of the simulated bus, in model time'),
  vary: vary.describe('parameters; all their values are crossed, but for those under one `zip`'),
  plots: z.array(plot).min(1).describe('what is drawn; the breakdown by stage is always there'),
  holds: z.array(expectation).default([]).describe('what must hold; the study fails when something does not'),
  published: z
    .strictObject({
      shape: z.string().min(1).describe('the shape, in words'),
      mark: z
        .enum(['published', 'argued'])
        .default('published')
        .describe(
          'published: the source states the shape; argued: it follows from what the source says, which does not state it',
        ),
      source: z.string().min(1).describe('where it is published, or what it is argued from'),
      why: z
        .string()
        .min(1)
        .describe(
          'the reason why ours should agree, or differ; the report gives it beside what was found, whatever that is',
        ),
    })
    .optional()
    .describe('what the study is held against'),
});

/** A study as written, with its defaults filled in. */
export type Study = z.infer<typeof studySchema>;
export type StudyPlot = Study['plots'][number];
export type PublishedMark = StudyPlot['published'][number]['mark'];
export type Expectation = Study['holds'][number];
export type StudyParameter = z.infer<typeof parameter>;
export type SettingValue = z.infer<typeof settings>[string];
export type ParameterValue = z.infer<typeof value>;
