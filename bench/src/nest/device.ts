import type { ClientNats } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { ClosedLoop } from '../support/closed-loop';
import type { RoleDevice } from '../support/role';
import {
  type HandledJson,
  nowMicros,
  PAGE_REQUEST,
  type PageRequestJson,
  TRANSLATE,
  type TranslatedJson,
  type TranslateJson,
} from './messages';

/** Sends each fault as Nest's documentation does: `ClientNats.send`, one message a request. */
export class NestDevice implements RoleDevice {
  private loop: ClosedLoop | undefined;

  constructor(
    private readonly client: ClientNats,
    private readonly onError: (error: unknown) => void,
  ) {}

  begin(outstanding: number): void {
    const issue = (slot: number): void => void this.fault(slot).catch(this.onError);
    this.loop = new ClosedLoop(outstanding, issue, nowMicros);
    this.loop.begin();
  }

  open(): void {
    this.loop?.open();
  }

  close(): ReturnType<ClosedLoop['close']> {
    if (!this.loop) throw new Error('the loop has not begun');
    return this.loop.close();
  }

  /** Translate, page request, and after the response translate again. */
  private async fault(slot: number): Promise<void> {
    const device = slot >> 8;
    const translate: TranslateJson = {
      translation: slot,
      device,
      pasid: 1,
      page: 65_536 + slot,
      permissions: 2,
    };
    await firstValueFrom(this.client.send<TranslatedJson>(TRANSLATE, translate));
    const request: PageRequestJson = {
      segment: 0,
      request: slot,
      device,
      pasid: 1,
      page: 65_536 + slot,
      permissions: 2,
      groupId: slot & 511,
      last: true,
      round: 0,
      sentAtMicros: nowMicros(),
    };
    await firstValueFrom(this.client.send<HandledJson>(PAGE_REQUEST, request));
    await firstValueFrom(this.client.send<TranslatedJson>(TRANSLATE, translate));
    this.loop?.ended(slot);
  }
}
