import type { BoundPasid, MmProgress, ResolvedProcess, ResolvedScenario } from '@faultline/contracts';
import { type MmCommand, shardOfPasid } from '@faultline/domain';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { ShardUnit } from './shard-unit';

/** The mm shards of this instance. */
@Injectable()
export class MmHandlerService extends UnitService {
  private units: ShardUnit[] = [];
  private readonly shardOfMm = new Map<number, number>();

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    for (const { mm, shard } of scenario.processes) this.shardOfMm.set(mm, shard);
    this.units = scenario.shards.map((shard) => new ShardUnit(this.ports, scenario, shard));
    for (const unit of this.units) await unit.start();
    return this.units.map((unit) => unit.name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.units.map((unit) => unit.stop()));
  }

  async create(process: ResolvedProcess): Promise<{ mm: number }> {
    await this.unitOf(process.mm).create(process);
    return { mm: process.mm };
  }

  async bind(mm: number, pasid: number): Promise<BoundPasid> {
    return this.unitOf(mm, pasid).bind({ kind: 'BindPasid', pasid, mm });
  }

  async rebind(mm: number, pasid: number): Promise<BoundPasid> {
    return this.unitOf(mm, pasid).bind({ kind: 'RebindPasid', pasid, mm });
  }

  /** The PASID names nothing any more; that it named this mm is checked. */
  async unbind(mm: number, pasid: number): Promise<void> {
    await this.unitOf(mm, pasid).unbind(mm, pasid);
  }

  /** Changes an address space; resolves when no translation of what was there before is left. */
  async change(mm: number, command: MmCommand): Promise<void> {
    await this.unitOf(mm).change(command);
  }

  /** Takes pages from whoever has them; resolves when no translation to them is left. */
  async reclaim(shard: number, pages: number): Promise<void> {
    const unit = this.units[shard];
    if (!unit) throw new Error(`the scenario has no mm shard ${shard}`);
    await unit.change({ kind: 'ReclaimPages', pages });
  }

  progress(): MmProgress {
    const sum: MmProgress = { openRuns: 0, framesFree: 0, framesQuarantined: 0, drained: true };
    for (const unit of this.units) {
      const one = unit.progress();
      sum.openRuns += one.openRuns;
      sum.framesFree += one.framesFree;
      sum.framesQuarantined += one.framesQuarantined;
      sum.drained &&= one.drained;
    }
    return sum;
  }

  /** The shard of an address space; the PASID that names it has to be in the same part of the PASID table (D7). */
  private unitOf(mm: number, pasid?: number): ShardUnit {
    const shard = this.shardOfMm.get(mm);
    const unit = shard === undefined ? undefined : this.units[shard];
    if (!unit) throw new Error(`the scenario has no process with mm ${mm}`);
    if (pasid !== undefined && shardOfPasid(pasid, this.units.length) !== shard) {
      throw new Error(`PASID ${pasid} does not belong to the shard of mm ${mm}`);
    }
    return unit;
  }
}
