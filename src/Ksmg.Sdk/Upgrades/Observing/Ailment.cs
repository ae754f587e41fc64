namespace Ksmg.Sdk.Upgrades;

/// <summary>Something about a node that is not as it should be, or that people should know of.</summary>
/// <param name="Severity">A refusal keeps the node from being well; a warning is told and nothing else.</param>
/// <param name="Code">The name under which a human can accept it, where that is possible at all.</param>
/// <param name="Subject">Which of several: the service, the vendor's own word.</param>
/// <param name="Text">What is wrong, without the node's name.</param>
/// <param name="Advice">The same, with what to do about it before a run.</param>
internal sealed record Ailment(FindingSeverity Severity, string Code, string Subject, Message Text, Message Advice)
{
    /// <summary>The same at two times is the same trouble, however it is worded.</summary>
    public string Key => Subject switch
    {
        "" => Code,
        NodeHealth.Synchronization => Subject,
        _ => $"{Code}:{Subject}",
    };

    public bool KeepsFromBeingWell => Severity == FindingSeverity.Refusal;

    public static Ailment Refusal(string code, params ReadOnlySpan<object?> arguments) => Make(FindingSeverity.Refusal, code, arguments);

    public static Ailment Warning(string code, params ReadOnlySpan<object?> arguments) => Make(FindingSeverity.Warning, code, arguments);

    public PlanFinding Of(string node) => new(Severity, Code, node, PlanFinding.About(node, Advice));

    /// <summary>How long it may take to pass by itself.</summary>
    public TimeSpan Patience(UpgradePolicy policy) => (Subject, Code) switch
    {
        (NodeHealth.Synchronization, _) => policy.SynchronizationTimeout,
        (_, UpgradeConsents.OldDatabases or NodeHealth.Databases) => policy.DatabasesTimeout,
        _ => policy.StepTimeout,
    };

    private static Ailment Make(FindingSeverity severity, string code, ReadOnlySpan<object?> arguments) =>
        new(severity, code, string.Empty, Message.Of("health." + code, arguments), Message.Of("finding." + code, arguments));
}
