namespace Ksmg.Sdk.Upgrades;

/// <summary>Something that a human tells.</summary>
internal interface IStoredCommand
{
    /// <summary>Unique; letters, digits and <c>-</c>.</summary>
    string Id { get; }

    /// <summary>When it was said.</summary>
    DateTimeOffset At { get; }
}
