/** A defect of ours, made in a copy of the library, and the cases that must notice it. */
export interface Mutation {
  readonly name: string;
  /** What stands in the built library: in one place, unless it is to be replaced in several. */
  readonly text: string;
  readonly replacement: string;
  readonly places?: number;
  /** The peer that it is tried with, and part of the names of the cases. */
  readonly peer: string;
  readonly cases: string;
}
