import { Controller, Inject, Module } from '@nestjs/common';
import { ClientNats, MessagePattern, Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import {
  HANDLE,
  type HandledJson,
  nowMicros,
  PAGE_REQUEST,
  type PageRequestJson,
  TRANSLATE,
  type TranslatedJson,
  type TranslateJson,
  WORK,
} from './messages';

/** Name under which a module finds its client of the stock transporter. */
export const CLIENT = 'CLIENT';

/** Answers every fault at once: what is measured is the transport. */
@Controller()
export class MmController {
  @MessagePattern(HANDLE)
  handle(@Payload() request: PageRequestJson): HandledJson {
    const now = nowMicros();
    return { request: request.request, code: 0, handlingAtMicros: now, handledAtMicros: now };
  }
}

@Controller()
export class WorkerController {
  constructor(@Inject(CLIENT) private readonly client: ClientNats) {}

  @MessagePattern(WORK)
  work(@Payload() request: PageRequestJson): Observable<HandledJson> {
    return this.client.send<HandledJson, PageRequestJson>(HANDLE, request);
  }
}

@Controller()
export class IommuController {
  constructor(@Inject(CLIENT) private readonly client: ClientNats) {}

  @MessagePattern(TRANSLATE)
  translate(@Payload() { translation, page }: TranslateJson): TranslatedJson {
    return { translation, status: 'success', permissions: 0, frame: page };
  }

  /** The reply to the page request is the response to the device. */
  @MessagePattern(PAGE_REQUEST)
  pageRequest(@Payload() request: PageRequestJson): Observable<HandledJson> {
    return this.client.send<HandledJson, PageRequestJson>(WORK, request);
  }
}

@Module({ controllers: [MmController] })
export class MmModule {}

@Module({ controllers: [WorkerController] })
export class WorkerModule {}

@Module({ controllers: [IommuController] })
export class IommuModule {}
