using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>Shows a fleet while it is driven.</summary>
internal interface IFleetView : IAsyncDisposable
{
    /// <summary>How it stands now.</summary>
    void Show(FleetReport report);

    /// <summary>Something beside it.</summary>
    void Notice(string text);
}
