namespace Ksmg.Sdk.Upgrades;

/// <summary>Tells people that a run needs them or has ended. A failing notifier never stops a run.</summary>
public interface INotifier
{
    /// <summary>Sends one notification.</summary>
    Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default);
}
