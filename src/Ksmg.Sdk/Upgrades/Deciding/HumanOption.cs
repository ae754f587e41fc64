namespace Ksmg.Sdk.Upgrades;

/// <summary>Something a human can do about a run, as data: a host says how it is done with it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">What it brings about.</param>
/// <param name="Node">The node; <see langword="null"/> where none is concerned, and with a rollback of all nodes.</param>
/// <param name="Check">With <see cref="HumanOptionKind.Override"/>: the check, one of <see cref="UpgradeOverrides"/>.</param>
/// <param name="Until">With <see cref="HumanOptionKind.Override"/>: until when, as a proposal.</param>
public sealed record HumanOption(HumanOptionKind Kind, string Text, string? Node = null, string? Check = null, DateTimeOffset? Until = null);
