namespace Ksmg.Simulator;

/// <summary>What is wrong with the balancer.</summary>
internal enum BalancerFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is gone: no mail passes, nobody answers.</summary>
    Down,

    /// <summary>Mail passes; the runtime API refuses connections.</summary>
    ApiRefused,

    /// <summary>Mail passes; the runtime API answers rubbish.</summary>
    ApiGarbled,

    /// <summary>Mail passes; the runtime API takes a command and never answers.</summary>
    ApiSilent,

    /// <summary>Mail passes; the runtime API takes changes, does nothing, and its state says so.</summary>
    ApiIgnores,

    /// <summary>Mail passes; the runtime API takes changes, does nothing, and its state claims that it did.</summary>
    ApiLies,
}
