namespace Ksmg.Sdk.Upgrades;

/// <summary>What came of one thing an adapter was to try.</summary>
public enum SelfTestOutcome
{
    /// <summary>It was tried, and it works.</summary>
    Works,

    /// <summary>It was tried, and does not work.</summary>
    Fails,

    /// <summary>Trying it would change something, or cannot be tried now: nobody knows.</summary>
    NotTried,

    /// <summary>It was tried and answers, in words that nobody knows: they never count as good.</summary>
    UnknownWords,
}
