using System.Diagnostics;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A browser without a window, spoken to through its own DevTools protocol: a new profile, nothing but loopback, and of all
/// self-signed certificates only those it is told of.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    // A page that is left in the middle of a question may never answer it.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("ksmg-chromium-");
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Dictionary<int, TaskCompletionSource<JsonObject>> _asked = [];
    private Process? _process;
    private Task _listening = Task.CompletedTask;
    private int _lastId;

    private Chromium()
    {
    }

    /// <summary>Told of every event, one after another: its method, and its parameters.</summary>
    public Action<string, JsonObject>? Told { get; set; }

    public static async Task<Chromium> StartAsync(IEnumerable<X509Certificate2> trusted)
    {
        Chromium browser = new();
        try
        {
            await browser.LaunchAsync(trusted);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a page of its own.</summary>
    public async Task<ChromiumPage> OpenAsync()
    {
        JsonObject target = await AskAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        JsonObject attached = await AskAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target["targetId"]!.DeepClone(), ["flatten"] = true });
        ChromiumPage page = new(this, (string)attached["sessionId"]!);
        await page.PrepareAsync();
        return page;
    }

    /// <summary>Asks the browser, or one of its pages.</summary>
    /// <exception cref="InvalidOperationException">It refuses.</exception>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public async Task<JsonObject> AskAsync(string method, JsonObject? parameters = null, string? session = null)
    {
        TaskCompletionSource<JsonObject> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        JsonObject order = new() { ["method"] = method, ["params"] = parameters ?? [] };
        if (session is not null)
        {
            order["sessionId"] = session;
        }

        lock (_gate)
        {
            order["id"] = ++_lastId;
            _asked.Add(_lastId, answered);
        }

        await _sending.WaitAsync(_ended.Token);
        try
        {
            await _socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(order.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, _ended.Token);
        }
        finally
        {
            _sending.Release();
        }

        JsonObject answer = await answered.Task.WaitAsync(AnswerLimit);
        return answer["error"] is { } error
            ? throw new InvalidOperationException($"{method}: {error["message"]}")
            : answer["result"]!.AsObject();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(Eventually.Limit);
            _process.Dispose();
        }

        await _listening;
        _socket.Dispose();
        _ended.Dispose();
        _sending.Dispose();

        // Its helpers may still write for a moment after it has ended.
        await Eventually.TrueAsync(
            () =>
            {
                try
                {
                    _profile.Delete(recursive: true);
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            "the browser's profile was deleted");
    }

    private async Task LaunchAsync(IEnumerable<X509Certificate2> trusted)
    {
        string keys = string.Join(',', trusted.Select(one => Convert.ToBase64String(SHA256.HashData(one.PublicKey.ExportSubjectPublicKeyInfo()))));
        ProcessStartInfo start = new(ServerFactAttribute.Find("chromium") ?? throw new InvalidOperationException("chromium is not installed."))
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (string argument in (string[])
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0", "--user-data-dir=" + _profile.FullName,
                "--ignore-certificate-errors-spki-list=" + keys, "about:blank",
            ])
        {
            start.ArgumentList.Add(argument);
        }

        TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> said = [];
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _process.ErrorDataReceived += (_, line) =>
        {
            const string listening = "DevTools listening on ";
            if (line.Data is null)
            {
                address.TrySetException(new InvalidOperationException("The browser ended at its start: " + string.Join('\n', said)));
            }
            else if (line.Data.StartsWith(listening, StringComparison.Ordinal))
            {
                address.TrySetResult(new Uri(line.Data[listening.Length..]));
            }
            else
            {
                said.Add(line.Data);
            }
        };
        _process.BeginErrorReadLine();
        await _socket.ConnectAsync(await address.Task.WaitAsync(Eventually.Limit), _ended.Token);
        _listening = ListenAsync();
    }

    private async Task ListenAsync()
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream message = new();
        try
        {
            while (true)
            {
                WebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, _ended.Token);
                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    Hear(JsonNode.Parse(message.ToArray())!.AsObject());
                    message.SetLength(0);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            lock (_gate)
            {
                foreach (TaskCompletionSource<JsonObject> waiting in _asked.Values)
                {
                    waiting.TrySetException(new InvalidOperationException("The browser has ended.", end));
                }
            }
        }
    }

    private void Hear(JsonObject message)
    {
        if ((int?)message["id"] is not { } id)
        {
            Told?.Invoke((string)message["method"]!, message["params"]!.AsObject());
            return;
        }

        lock (_gate)
        {
            _asked.Remove(id, out TaskCompletionSource<JsonObject>? waiting);
            waiting?.TrySetResult(message);
        }
    }
}
