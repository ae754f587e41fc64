using System.Security.Cryptography;
using System.Text;

namespace Ksmg.Web;

/// <summary>Those who signed in, for as long as the process lives and half a day at the most. Kept by hash: what is in memory opens nothing.</summary>
internal sealed class Sessions(TimeProvider time)
{
    private const int Most = 1000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Visitor Visitor, DateTimeOffset Ends)> _open = new(StringComparer.Ordinal);

    /// <summary>Opens a session.</summary>
    /// <returns>What the visitor shows from now on.</returns>
    public string Open(string name, KsmgWebRole role)
    {
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            foreach (string over in _open.Where(s => s.Value.Ends <= now).Select(s => s.Key).ToArray())
            {
                _open.Remove(over);
            }

            if (_open.Count >= Most)
            {
                _open.Remove(_open.MinBy(s => s.Value.Ends).Key);
            }

            _open[Key(id)] = (new Visitor(name, role, id), now + Lifetime);
        }

        return id;
    }

    public Visitor? Find(string id)
    {
        lock (_gate)
        {
            return _open.TryGetValue(Key(id), out var session) && session.Ends > time.GetUtcNow() ? session.Visitor : null;
        }
    }

    public void Close(string id)
    {
        lock (_gate)
        {
            _open.Remove(Key(id));
        }
    }

    private static string Key(string id) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
