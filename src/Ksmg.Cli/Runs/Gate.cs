namespace Ksmg.Cli.Runs;

/// <summary>Who answers when a run waits for an approval.</summary>
internal static class Gate
{
    /// <summary>A terminal waits for an answer; without one the process ends, and <c>approve</c> and <c>resume</c> go on.</summary>
    public static Func<UpgradeReport, Task<bool>> For(Output output, CliConsole console) => async report =>
    {
        if (!console.CanAsk || output.IsJson)
        {
            return false;
        }

        output.Say();
        output.Say(report.Reason);
        return await output.AskAsync("Go on with the next node?", console.Pause).ConfigureAwait(false);
    };
}
