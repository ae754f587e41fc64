namespace Ksmg.Sdk.Tests.Support;

/// <summary>Keeps what is reported, inline and in order.</summary>
internal sealed class Recorder<T>(Action<T>? then = null) : IProgress<T>
{
    public List<T> Values { get; } = [];

    public void Report(T value)
    {
        Values.Add(value);
        then?.Invoke(value);
    }
}
