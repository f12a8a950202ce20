import { PATTERN_METADATA } from '@nestjs/microservices/constants';

export type VerbHandler = (request: unknown) => unknown;

/** The handlers of controllers by the verb they answer, as Nest finds them. */
export function controlVerbs(controllers: readonly object[]): Map<string, VerbHandler> {
  const verbs = new Map<string, VerbHandler>();
  for (const controller of controllers) {
    const prototype = Object.getPrototypeOf(controller) as Record<string, unknown>;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const method = prototype[name];
      if (typeof method !== 'function') continue;
      const patterns = Reflect.getMetadata(PATTERN_METADATA, method) as unknown[] | undefined;
      for (const verb of patterns ?? [])
        verbs.set(String(verb), (request) => (method as VerbHandler).call(controller, request));
    }
  }
  return verbs;
}
