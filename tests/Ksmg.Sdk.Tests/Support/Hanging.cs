using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A neighbour whose calls, from some moment on, never come back, whatever becomes of their token.</summary>
/// <typeparam name="T">Its interface.</typeparam>
[SuppressMessage("Performance", "CA1852", Justification = "The proxies are derived from it.")]
internal class Hanging<T> : DispatchProxy
    where T : class
{
    private T? _inner;
    private Func<string, bool> _hangs = _ => true;

    /// <param name="inner">What is behind it.</param>
    /// <param name="hangs">Whether the method of this name hangs now.</param>
    public static T Of(T? inner, Func<string, bool> hangs)
    {
        T proxy = Create<T, Hanging<T>>();
        ((Hanging<T>)(object)proxy)._inner = inner;
        ((Hanging<T>)(object)proxy)._hangs = hangs;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.ReturnType.IsAssignableTo(typeof(Task)) && _hangs(targetMethod.Name)
        ? Never(targetMethod.ReturnType)
        : targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);

    private static object Never(Type task)
    {
        Type source = typeof(TaskCompletionSource<>).MakeGenericType(task.IsGenericType ? task.GetGenericArguments()[0] : typeof(bool));
        return source.GetProperty("Task")!.GetValue(Activator.CreateInstance(source))!;
    }
}
