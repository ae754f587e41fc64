namespace Ksmg.Sdk.Upgrades;

/// <summary>Tells people that a run needs them or has ended. A notifier that fails or hangs holds up neither a run nor the others.</summary>
public interface INotifier
{
    /// <summary>Sends one notification. Called for one after the other; given up after 45 s.</summary>
    Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default);
}
