import type { DynamicModule, Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';

/** What an app has behind its door, beside what every service has. */
export interface DoorContent {
  /** Modules with its controllers; `CurrentEngagement` can be injected. */
  modules: readonly (Type | DynamicModule)[];
  /** The status for an error that is no exception of Nest's; undefined: unforeseen. */
  statusOf?(error: Error): number | undefined;
  /** Called before the door opens, for what is no controller. */
  prepare?(app: NestExpressApplication): void;
}
