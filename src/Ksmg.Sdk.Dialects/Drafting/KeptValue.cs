namespace Ksmg.Sdk.Dialects;

/// <summary>A value of an answer that later calls ask with.</summary>
/// <param name="Name">What it is kept as.</param>
/// <param name="Doubt">Why it may be another one; <see langword="null"/>: nothing else is like it.</param>
internal sealed record KeptValue(string Name, string? Doubt);
