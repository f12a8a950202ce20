import { LAB_NAME } from '@faultline/contracts';
import { BadInput } from '../errors';

/** The site that the environment names, whose services then carry out runs; undefined for none. Throws {@link BadInput}. */
export function siteOf(environment: NodeJS.ProcessEnv): string | undefined {
  const site = environment['FAULTLINE_SITE'] || undefined;
  if (site === undefined) return undefined;
  if (!LAB_NAME.test(site))
    throw new BadInput(`FAULTLINE_SITE is '${site}', expected 1 to 40 letters a-z, digits and '-'`);
  if (!environment['NATS_URL'])
    throw new BadInput(
      `FAULTLINE_SITE is '${site}', but NATS_URL is not set: expected the server the site is on`,
    );
  return site;
}
