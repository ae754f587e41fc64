namespace Ksmg.Sdk.Upgrades;

/// <summary>Asks the external gates of a plan, and remembers since when each is as it is.</summary>
internal sealed class GateObserver(UpgradeWorld world, RunClock clock)
{
    private readonly Dictionary<string, GateReading> _last = new(StringComparer.Ordinal);

    /// <summary>Asks every gate afresh: what one said before counts for nothing.</summary>
    public async Task<IReadOnlyList<GateReading>> AskAsync(UpgradePlan plan, string node, CancellationToken cancellationToken)
    {
        GateReading[] readings = await Task.WhenAll(
            world.Ports.Gates.Where(gate => plan.Gates.Contains(gate.Name)).Select(gate => AskAsync(gate, node, cancellationToken))).ConfigureAwait(false);
        foreach (GateReading reading in readings)
        {
            _last[reading.Name] = reading;
        }

        return readings;
    }

    private async Task<GateReading> AskAsync(IUpgradeGate gate, string node, CancellationToken cancellationToken)
    {
        (bool isGreen, Message text) = await ReadAsync(gate, node, cancellationToken).ConfigureAwait(false);
        DateTimeOffset since = _last.GetValueOrDefault(gate.Name) is { } last && last.IsGreen == isGreen ? last.Since : clock.Wall;
        return new GateReading(gate.Name, isGreen, text, since, gate.Patience);
    }

    private static async Task<(bool IsGreen, Message Text)> ReadAsync(IUpgradeGate gate, string node, CancellationToken cancellationToken)
    {
        try
        {
            GateAnswer answer = await gate.AskAsync(node, cancellationToken).ConfigureAwait(false);
            return (answer.IsGreen, Message.Said(Printable.OneLine(answer.Text)));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, Message.Of("gate.no-answer", Printable.OneLine(e.Message)));
        }
    }
}
