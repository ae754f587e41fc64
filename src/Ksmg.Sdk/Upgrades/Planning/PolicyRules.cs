namespace Ksmg.Sdk.Upgrades;

/// <summary>What a policy must not say. A plan with such a policy is refused; the finding names the option.</summary>
internal static class PolicyRules
{
    private static readonly string[] Consents =
    [
        UpgradeConsents.InterruptsMail, UpgradeConsents.NoLoadBalancer, UpgradeConsents.NoSnapshots, UpgradeConsents.NoConfiguration,
        UpgradeConsents.NoMailProbe, UpgradeConsents.UpgradeOutOfService, UpgradeConsents.ForeignRun, UpgradeConsents.OldDatabases,
        UpgradeConsents.ExpiredLicense, UpgradeConsents.NodeProblem, UpgradeConsents.NotSynchronized,
    ];

    public static IEnumerable<PlanFinding> Check(UpgradePolicy policy, IReadOnlyList<string> nodes)
    {
        (string Name, TimeSpan Value)[] mustBePositive =
        [
            (nameof(policy.SessionTimeout), policy.SessionTimeout), (nameof(policy.DrainTimeout), policy.DrainTimeout),
            (nameof(policy.SnapshotTimeout), policy.SnapshotTimeout), (nameof(policy.UploadTimeout), policy.UploadTimeout),
            (nameof(policy.InstallTimeout), policy.InstallTimeout), (nameof(policy.StepTimeout), policy.StepTimeout),
            (nameof(policy.ProbeTimeout), policy.ProbeTimeout), (nameof(policy.SynchronizationTimeout), policy.SynchronizationTimeout),
            (nameof(policy.DatabasesTimeout), policy.DatabasesTimeout), (nameof(policy.NoControlLimit), policy.NoControlLimit), (nameof(policy.HandoverLimit), policy.HandoverLimit),
            (nameof(policy.PollInterval), policy.PollInterval), (nameof(policy.SlowPollInterval), policy.SlowPollInterval),
            (nameof(policy.SynchronizationMaxAge), policy.SynchronizationMaxAge), (nameof(policy.ClockSkewLimit), policy.ClockSkewLimit),
        ];
        foreach ((string name, TimeSpan value) in mustBePositive.Where(o => o.Value <= TimeSpan.Zero))
        {
            yield return Refuse("policy-time", name, value);
        }

        foreach ((string name, TimeSpan value) in new[] { (nameof(policy.Soak), policy.Soak), (nameof(policy.StabilityInterval), policy.StabilityInterval) }.Where(o => o.Item2 < TimeSpan.Zero))
        {
            yield return Refuse("policy-time", name, value);
        }

        if (policy.PollInterval > policy.SlowPollInterval)
        {
            yield return Refuse("policy-polls", policy.PollInterval, policy.SlowPollInterval);
        }

        foreach ((string name, int value) in new[] { (nameof(policy.MaxUnavailable), policy.MaxUnavailable), (nameof(policy.DrainStablePolls), policy.DrainStablePolls) }.Where(o => o.Item2 < 1))
        {
            yield return Refuse("policy-number", name, value);
        }

        string[] known = [.. Consents, .. nodes.Select(UpgradeConsents.NoSnapshotsOf)];
        foreach (string consent in policy.Accept.Except(known, StringComparer.OrdinalIgnoreCase))
        {
            yield return Refuse("policy-consent", consent, string.Join(", ", known));
        }
    }

    private static PlanFinding Refuse(string code, params ReadOnlySpan<object?> arguments) => Preflight.Finding(FindingSeverity.Refusal, code, null, arguments);
}
