namespace Ksmg.Cli.Runs;

/// <summary>How a run is shown while it is driven.</summary>
internal interface IRunView : IAsyncDisposable
{
    void Show(UpgradeEvent upgradeEvent);

    /// <summary>What the command itself has to say in between.</summary>
    void Notice(string text);
}
