/** Members of one address, in the order of their arrival. */
export interface Share<Member> {
  /** Never empty. */
  readonly members: ReadonlySet<Member>;
}

/** A share that can change; `key` is null for a member that counts alone. */
interface OpenShare<Member> extends Share<Member> {
  readonly key: string | null;
  readonly members: Set<Member>;
}

/**
 * Groups members by address and knows the largest group at any time. Each call
 * takes the same time, however many members there are.
 */
export class AddressShares<Member> {
  readonly #shares = new Map<Member, OpenShare<Member>>();
  readonly #byKey = new Map<string, OpenShare<Member>>();
  /** Shares by their size, in the order in which they reached it. */
  readonly #bySize: Set<OpenShare<Member>>[] = [];
  #most = 0;

  /** Number of all members. */
  get size(): number {
    return this.#shares.size;
  }

  /** All members. */
  get members(): Iterable<Member> {
    return this.#shares.keys();
  }

  /** Returns the largest share; of equal ones the first to reach that size. */
  get largest(): Share<Member> | null {
    if (this.#most === 0) return null;
    const [share] = this.#bySize[this.#most];
    return share;
  }

  /** Returns the share of this address; null when it has no member. */
  of(key: string | null): Share<Member> | null {
    return key === null ? null : this.#byKey.get(key) ?? null;
  }

  /** Returns whether it was added and not deleted. */
  has(member: Member): boolean {
    return this.#shares.has(member);
  }

  /** Adds a new member; with the key null it counts alone. */
  add(member: Member, key: string | null): void {
    let share = key === null ? undefined : this.#byKey.get(key);
    if (share === undefined) {
      share = { key, members: new Set() };
      if (key !== null) this.#byKey.set(key, share);
    }
    this.#shares.set(member, share);
    this.#resize(share, () => share.members.add(member));
  }

  /** Removes a member if it is there. */
  delete(member: Member): void {
    const share = this.#shares.get(member);
    if (share === undefined) return;
    this.#shares.delete(member);
    this.#resize(share, () => share.members.delete(member));
    if (share.members.size === 0 && share.key !== null) {
      this.#byKey.delete(share.key);
    }
  }

  #resize(share: OpenShare<Member>, change: () => void): void {
    this.#bySize[share.members.size]?.delete(share);
    change();
    const { size } = share.members;
    if (size > 0) (this.#bySize[size] ??= new Set()).add(share);
    if (size > this.#most) this.#most = size;
    while (this.#most > 0 && this.#bySize[this.#most].size === 0) this.#most--;
  }
}
