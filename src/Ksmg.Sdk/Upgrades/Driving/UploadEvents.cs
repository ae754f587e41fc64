using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Upload progress as events, inline and in order.</summary>
internal sealed class UploadEvents(UpgradeDriver driver, PlannedStep step) : IProgress<UploadProgress>
{
    public void Report(UploadProgress value) => driver.Publish(driver.Event(
        UpgradeEventKind.StepProgress,
        step,
        Message.Of("progress.upload", step.Node, value.SentBytes, value.TotalBytes, value.BytesPerSecond),
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["sentBytes"] = value.SentBytes.ToString(CultureInfo.InvariantCulture),
            ["totalBytes"] = value.TotalBytes.ToString(CultureInfo.InvariantCulture),
            ["bytesPerSecond"] = value.BytesPerSecond.ToString("F0", CultureInfo.InvariantCulture),
        }));
}
