namespace Ksmg.Sdk.Upgrades;

/// <summary>A snapshot of a node's machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="IsComplete">Whether its creation has ended.</param>
public sealed record NodeSnapshot(string Name, DateTimeOffset CreatedAt, bool IsComplete);
