import { Controller, Inject, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Presence } from '@faultline/contracts';
import { ControlServer, controlOptions } from '@faultline/runtime';
import { PresenceBoard } from '@faultline/runtime';

@Controller()
class PresenceController {
  constructor(@Inject(PresenceBoard) private readonly board: PresenceBoard) {}

  @EventPattern('lab.presence')
  hear(@Payload() presence: Presence): void {
    this.board.post(presence);
  }
}

@Module({})
class PresenceModule {}

/** Listens to what the instances of a laboratory say about themselves. */
export async function listenToPresence(
  servers: string[],
  lab: string,
  board: PresenceBoard,
): Promise<INestMicroservice> {
  const module = {
    module: PresenceModule,
    controllers: [PresenceController],
    providers: [{ provide: PresenceBoard, useValue: board }],
  };
  const application = await NestFactory.createMicroservice(module, {
    strategy: new ControlServer(lab, controlOptions(servers, 'lab-presence')),
    logger: false,
    abortOnError: false,
  });
  await application.listen();
  return application;
}
