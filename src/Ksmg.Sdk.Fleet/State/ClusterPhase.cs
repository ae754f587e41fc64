namespace Ksmg.Sdk.Fleet;

/// <summary>Where a cluster of a fleet stands.</summary>
public enum ClusterPhase
{
    /// <summary>It was not begun.</summary>
    Waiting,

    /// <summary>It is worked on.</summary>
    Working,

    /// <summary>Its run stands, and it is being made sure that nobody drives it any more: until then it counts as worked on.</summary>
    Leaving,

    /// <summary>It waits for people, and is not worked on.</summary>
    Standing,

    /// <summary>It has come to its end.</summary>
    Over,
}
