import type { IommuProfile } from '../profile';
import type { HardwareConfig } from './config';
import { type PageRequestRules, pageRequestRules } from './judge-page-request';

/** What every decision of the hardware needs besides its state. */
export interface HardwareContext {
  readonly config: HardwareConfig;
  readonly profile: IommuProfile;
  readonly rules: PageRequestRules;
}

/** The context of hardware that is built like this. */
export function createHardwareContext(config: HardwareConfig): HardwareContext {
  return { config, profile: config.profile, rules: pageRequestRules(config.profile) };
}
