import type { Server } from 'node:http';
import { toError } from '@faultline/hosting';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { ZodSerializerInterceptor, ZodValidationPipe } from 'nestjs-zod';
import { CurrentEngagement } from '../current-engagement';
import { type Logger, NestLogger } from '../logging';
import { type HttpConfig, urlOf } from './address';
import type { DoorContent } from './content';
import { EVERY_DOOR } from './every-door';
import { FailureFilter } from './failure-filter';
import { gate, type Middleware } from './gate';
import { HTTP_LIMITS } from './limits';
import { HTTP_CONFIG, LoginController } from './login.controller';
import { requestSpan } from './request-span';

/** The door cannot be opened. */
export class DoorNotOpened extends Error {
  override readonly name = 'DoorNotOpened';

  constructor({ host, port }: HttpConfig, cause: Error) {
    super(
      `cannot listen on ${urlOf(host, port)}: ${cause.message}; choose another address with FAULTLINE_HTTP`,
      {
        cause,
      },
    );
  }
}

/** Where a service process answers over HTTP: from its beginning to its end, whatever laboratory it serves meanwhile. */
export class HttpDoor {
  private constructor(
    private readonly app: NestExpressApplication,
    /** Where it answers. */
    readonly url: string,
  ) {}

  /** Rejects with {@link DoorNotOpened}. */
  static async open(
    http: HttpConfig,
    current: CurrentEngagement,
    content: DoorContent,
    limits = HTTP_LIMITS,
  ): Promise<HttpDoor> {
    const { logger } = current;
    const app = await NestFactory.create<NestExpressApplication>(
      doorModule(http, current, content),
      new ExpressAdapter(),
      {
        logger: new NestLogger(logger),
        bodyParser: false,
        abortOnError: false,
        // A browser keeps its connections, and the live view its answer, for as long as it can.
        forceCloseConnections: true,
      },
    );
    guard(app, http, logger, limits);
    app.useGlobalPipes(new ZodValidationPipe());
    app.useGlobalInterceptors(app.get(ZodSerializerInterceptor));
    app.useGlobalFilters(new FailureFilter(logger, (error) => content.statusOf?.(error)));
    content.prepare?.(app);
    try {
      await app.listen(http.port, http.host);
    } catch (error) {
      await app.close().catch(() => undefined);
      throw new DoorNotOpened(http, toError(error));
    }
    const address = app.getHttpServer().address() as { port: number };
    const url = urlOf(http.host, address.port);
    logger.info({ url, token: http.token !== undefined }, 'door open');
    return new HttpDoor(app, url);
  }

  /** Ends every request that is under way. */
  async close(): Promise<void> {
    await this.app.close();
  }
}

function doorModule(http: HttpConfig, current: CurrentEngagement, content: DoorContent): DynamicModule {
  const shared: DynamicModule = {
    module: class DoorContextModule {},
    global: true,
    providers: [{ provide: CurrentEngagement, useValue: current }],
    exports: [CurrentEngagement],
  };
  return {
    module: class Door {},
    imports: [shared, ...EVERY_DOOR, ...content.modules],
    controllers: [LoginController],
    providers: [ZodSerializerInterceptor, { provide: HTTP_CONFIG, useValue: http }],
  };
}

function guard(
  app: NestExpressApplication,
  http: HttpConfig,
  logger: Logger,
  limits: typeof HTTP_LIMITS,
): void {
  const server: Server = app.getHttpServer();
  server.maxConnections = limits.connections;
  server.requestTimeout = limits.requestMillis;
  server.headersTimeout = limits.requestMillis;
  app.use(requestSpan(logger, limits.answerMillis));
  app.use(helmet(HEADERS));
  app.use(noStore);
  app.use(gate(http));
  app.useBodyParser('json', { limit: limits.bodyBytes });
  app.useBodyParser('urlencoded', { limit: limits.bodyBytes, extended: false });
}

/** What is live is not to be kept; what is served as a file says otherwise. */
const noStore: Middleware = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

/** Everything a page needs comes from here, and no page but ours shows one of ours. TLS is for who stands before the door to speak of. */
const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
  // Without any referrer a browser says of a form of ours that it comes from nowhere, and nowhere may change nothing.
  referrerPolicy: { policy: 'same-origin' as const },
};
