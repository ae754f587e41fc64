using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Keeps what is logged, at every level, as a file would show it.</summary>
internal sealed class LogLines : ILoggerFactory, ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Line)> _written = new();

    public IReadOnlyCollection<string> Written => [.. _written.Select(w => w.Line)];

    public IEnumerable<string> At(LogLevel level) => _written.Where(w => w.Level == level).Select(w => w.Line);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _written.Enqueue((logLevel, $"{eventId.Id} {formatter(state, exception)} {exception}"));

    public void Dispose()
    {
    }
}
