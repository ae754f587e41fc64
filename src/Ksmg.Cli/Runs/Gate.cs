namespace Ksmg.Cli.Runs;

/// <summary>Where a run waits for an approval.</summary>
/// <param name="Step">The step that waits: after a node, or before a revert.</param>
/// <param name="Node">Its node.</param>
internal sealed record Gate(StepId Step, string Node)
{
    /// <summary>What the approval brings about, as a question.</summary>
    public string Question => Step == StepId.RollbackConsent ? Words.Get("run.revert", Node) : Words.Get("run.next-node");

    /// <summary>The gate a run paused at; <see langword="null"/>: it paused for another reason.</summary>
    public static Gate? Of(UpgradeEvent upgradeEvent) =>
        upgradeEvent.Kind == UpgradeEventKind.Paused && StepKey.TryParse(upgradeEvent.Values.GetValueOrDefault("gate"), out StepKey key)
            ? new Gate(key.Id, upgradeEvent.Node ?? key.Node ?? Words.Get("run.the-node"))
            : null;

    /// <summary>Who answers: a terminal waits for somebody; without one the process ends, and <c>approve</c> and <c>resume</c> go on.</summary>
    public static Func<UpgradeReport, Gate, Task<bool>> For(Output output, CliConsole console) => async (report, gate) =>
    {
        if (!console.CanAsk || output.IsJson)
        {
            return false;
        }

        output.Say();
        output.Say(report.Reason);
        return await output.AskAsync(gate.Question).ConfigureAwait(false);
    };
}
