namespace Ksmg.Sdk.Upgrades;

/// <summary>What a policy must not say. A plan with such a policy is refused; the finding names the option.</summary>
internal static class PolicyRules
{
    private static readonly string[] Consents =
    [
        UpgradeConsents.InterruptsMail, UpgradeConsents.NoLoadBalancer, UpgradeConsents.NoSnapshots, UpgradeConsents.NoConfiguration,
        UpgradeConsents.NoMailProbe, UpgradeConsents.UpgradeOutOfService, UpgradeConsents.ForeignRun, UpgradeConsents.OldDatabases,
        UpgradeConsents.ExpiredLicense, UpgradeConsents.NodeProblem, UpgradeConsents.NotSynchronized,
        UpgradeConsents.BalancerAddress, UpgradeConsents.UnknownHealth, UpgradeConsents.DemoteWhenPromoted, UpgradeConsents.UploadWithoutHash,
        UpgradeConsents.QueueUnproven, UpgradeConsents.UploadUnproven, UpgradeConsents.NewCertificate,
    ];

    public static IEnumerable<PlanFinding> Check(UpgradePolicy policy, IReadOnlyList<string> nodes, DateTimeOffset now)
    {
        foreach (PolicyTime time in PolicyBounds.Times.Where(time => !time.Allows(time.Of(policy))))
        {
            yield return Refuse("policy-time", time.Name, Duration.Write(time.Of(policy)), Duration.Write(time.Shortest), Duration.Write(time.Longest));
        }

        if (policy.PollInterval > policy.SlowPollInterval)
        {
            yield return Refuse("policy-polls", policy.PollInterval, policy.SlowPollInterval);
        }

        if (policy.ApprovalReminder > TimeSpan.Zero && policy.ApprovalReminder < PolicyBounds.ShortestReminder)
        {
            yield return Refuse("policy-reminder", policy.ApprovalReminder, PolicyBounds.ShortestReminder);
        }

        foreach (MaintenanceWindow window in policy.Windows)
        {
            if (!TimeZoneInfo.TryFindSystemTimeZoneById(window.Zone, out _))
            {
                yield return Refuse("policy-zone", window.Zone);
            }
        }

        if (policy.Windows.Count > 0 && MaintenanceHours.Next(policy.Windows, now, policy.NodeTime) is null)
        {
            yield return Refuse("policy-windows", policy.NodeTime);
        }

        if (policy.PreferredControl is { } preferred && !nodes.Contains(preferred, StringComparer.Ordinal))
        {
            yield return Refuse("policy-preferred-control", preferred, string.Join(", ", nodes));
        }

        (string Name, int Value, int Most)[] numbers =
        [
            (nameof(policy.MaxUnavailable), policy.MaxUnavailable, PolicyBounds.MostNumber),
            (nameof(policy.DrainStablePolls), policy.DrainStablePolls, PolicyBounds.MostNumber),
            (nameof(policy.ApprovalsNeeded), policy.ApprovalsNeeded, PolicyBounds.MostApprovals),
        ];
        foreach ((string name, int value, int most) in numbers.Where(n => n.Value < 1 || n.Value > n.Most))
        {
            yield return Refuse("policy-number", name, value, most);
        }

        string[] known = [.. Consents, .. UpgradeOverrides.SelfTests, .. nodes.Select(UpgradeConsents.NoSnapshotsOf)];
        foreach (string consent in policy.Accept.Except(known, StringComparer.OrdinalIgnoreCase))
        {
            yield return Refuse("policy-consent", consent, string.Join(", ", known));
        }
    }

    private static PlanFinding Refuse(string code, params ReadOnlySpan<object?> arguments) => PlanFinding.Of(FindingSeverity.Refusal, code, null, arguments);
}
