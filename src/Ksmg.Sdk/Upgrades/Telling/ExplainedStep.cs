namespace Ksmg.Sdk.Upgrades;

/// <summary>A step that comes next.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Node">Its node; <see langword="null"/> for steps of the run.</param>
/// <param name="What">What becomes of it.</param>
/// <param name="Text">Why, in one sentence.</param>
/// <param name="Since">Since when it is its turn.</param>
/// <param name="Until">When the run stops waiting for it.</param>
public sealed record ExplainedStep(StepId Id, string Name, string? Node, ExplainedStepKind What, string Text, DateTimeOffset Since, DateTimeOffset? Until);
