import { Module } from '@nestjs/common';
import { StudiesController } from './studies.controller';
import { StudyShelf } from './study-shelf';

@Module({ controllers: [StudiesController], providers: [StudyShelf] })
export class StudiesModule {}
