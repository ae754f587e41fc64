namespace Ksmg.Sdk;

/// <summary>Turns bytes sent into reports: in order, inline, a few a second, the first and the last always.</summary>
internal sealed class UploadMeter(IProgress<UploadProgress>? progress, long totalBytes, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(long At, long Bytes)> samples = new();
    private long lastReport;
    private int attempt;

    /// <summary>A new attempt begins, at this place of the package. Its rate owes nothing to the one before.</summary>
    public void Begin(int number, long bytes)
    {
        attempt = number;
        samples.Clear();
        Report(bytes);
    }

    /// <summary>The attempt has sent the package up to this place.</summary>
    public void Sent(long bytes)
    {
        if (bytes == totalBytes || time.GetElapsedTime(lastReport) >= Interval)
        {
            Report(bytes);
        }
    }

    private void Report(long bytes)
    {
        long now = lastReport = time.GetTimestamp();
        while (samples.Count > 1 && time.GetElapsedTime(samples.Peek().At, now) > Window)
        {
            samples.Dequeue();
        }

        samples.Enqueue((now, bytes));
        double seconds = time.GetElapsedTime(samples.Peek().At, now).TotalSeconds;
        double rate = seconds > 0 ? (bytes - samples.Peek().Bytes) / seconds : 0;
        progress?.Report(new UploadProgress
        {
            SentBytes = bytes,
            TotalBytes = totalBytes,
            BytesPerSecond = rate,
            Remaining = rate > 0 ? TimeSpan.FromSeconds((totalBytes - bytes) / rate) : null,
            Attempt = attempt,
        });
    }
}
