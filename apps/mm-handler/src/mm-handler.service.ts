import {
  type BoundPasid,
  type ControlVerbs,
  type MmProgress,
  type ResolvedProcess,
  type ResolvedScenario,
  shardUnit,
} from '@faultline/contracts';
import { type MmCommand, shardOfPasid } from '@faultline/domain';
import { ServicePorts, UnitOwnerService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { ShardUnit } from './shard-unit';

/** The mm shards of this instance. */
@Injectable()
export class MmHandlerService extends UnitOwnerService<ShardUnit> {
  constructor(ports: ServicePorts) {
    super(ports);
  }

  namesOf(scenario: ResolvedScenario): string[] {
    return scenario.shards.map(({ shard }) => shardUnit(shard));
  }

  protected make(name: string, scenario: ResolvedScenario, onFailure: (error: Error) => void): ShardUnit {
    const shard = scenario.shards.find((each) => shardUnit(each.shard) === name);
    if (!shard) throw new Error(`the scenario has no unit ${name}`);
    return new ShardUnit(this.ports, scenario, shard, onFailure);
  }

  async create(process: ResolvedProcess): Promise<{ mm: number }> {
    await this.unitAsked('mm-handler.create', process).create(process);
    return { mm: process.mm };
  }

  async bind(mm: number, pasid: number): Promise<BoundPasid> {
    return this.unitOf('mm-handler.bind', mm, pasid).bind({ kind: 'BindPasid', pasid, mm });
  }

  async rebind(mm: number, pasid: number): Promise<BoundPasid> {
    return this.unitOf('mm-handler.rebind', mm, pasid).bind({ kind: 'RebindPasid', pasid, mm });
  }

  /** The PASID names nothing any more; that it named this mm is checked. */
  async unbind(mm: number, pasid: number): Promise<void> {
    await this.unitOf('mm-handler.unbind', mm, pasid).unbind(mm, pasid);
  }

  /** Changes an address space; resolves when no translation of what was there before is left. */
  async change(verb: keyof ControlVerbs, mm: number, command: MmCommand): Promise<void> {
    await this.unitAsked(verb, { mm }).change(command);
  }

  /** Takes pages from whoever has them; resolves when no translation to them is left. */
  async reclaim(shard: number, pages: number): Promise<void> {
    await this.unitAsked('mm-handler.reclaim', { shard }).change({ kind: 'ReclaimPages', pages });
  }

  /** How far one shard is. */
  progress(unit: string): MmProgress {
    return this.unit(unit).progress();
  }

  /** The shard of an address space; the PASID that names it has to be in the same part of the PASID table (D7). */
  private unitOf(verb: keyof ControlVerbs, mm: number, pasid: number): ShardUnit {
    const unit = this.unitAsked(verb, { mm });
    if (shardUnit(shardOfPasid(pasid, this.scenario.shards.length)) !== unit.name)
      throw new Error(`PASID ${pasid} does not belong to the shard of mm ${mm}`);
    return unit;
  }
}
